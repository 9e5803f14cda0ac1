import assert from "node:assert/strict";
import { test } from "node:test";

import { Customers, isEmail, isPostcode, problems } from "../src/customers.js";

const ann = { name: "Ann", email: "Ann@example.org", postcode: "1234 AB", country: "NL" };

test("an address needs a name, an at and a domain", () => {
  assert.equal(isEmail("a@b.org"), true);
  assert.equal(isEmail("a@b"), false);
});

test("postcodes depend on the country", () => {
  assert.equal(isPostcode("1234 AB", "NL"), true);
  assert.equal(isPostcode("1234 AB", "DE"), false);
});

test("all wrong fields are named", () => {
  assert.deepEqual(problems({ name: " ", email: "", country: "DE" }), ["name", "email", "postcode"]);
});

test("a customer is found whatever the case", () => {
  const customers = new Customers();
  customers.add(ann);
  assert.deepEqual(customers.find("ann@EXAMPLE.org"), ann);
});

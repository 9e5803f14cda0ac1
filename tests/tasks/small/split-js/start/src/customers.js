/** Customers: checking what they typed, and keeping them. */

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const POSTCODES = { DE: /^\d{5}$/, NL: /^\d{4} ?[A-Z]{2}$/ };

/** Whether a text looks like an address of mail. */
export function isEmail(text) {
  return EMAIL.test(text);
}

/** Whether a text is a postcode of a country; of unknown countries everything is. */
export function isPostcode(text, country) {
  return POSTCODES[country]?.test(text) ?? true;
}

/** What is wrong with a customer: the names of fields. */
export function problems(customer) {
  const wrong = [];
  if (!customer.name?.trim()) wrong.push("name");
  if (!isEmail(customer.email ?? "")) wrong.push("email");
  if (!isPostcode(customer.postcode ?? "", customer.country)) wrong.push("postcode");
  return wrong;
}

/** All customers, by their address of mail. */
export class Customers {
  #byEmail = new Map();

  /** Adds a customer, or throws with the fields that are wrong. */
  add(customer) {
    const wrong = problems(customer);
    if (wrong.length > 0) throw new Error(`wrong: ${wrong.join(", ")}`);
    this.#byEmail.set(customer.email.toLowerCase(), { ...customer });
  }

  /** The customer with an address. */
  find(email) {
    return this.#byEmail.get(email.toLowerCase());
  }
}

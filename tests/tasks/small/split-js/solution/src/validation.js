/** Checking what customers typed. */

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

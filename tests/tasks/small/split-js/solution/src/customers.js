/** Customers: keeping them. */

import { problems } from "./validation.js";

export { isEmail, isPostcode, problems } from "./validation.js";

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

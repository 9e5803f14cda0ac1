export { isEmail, isPostcode, problems } from "./customers.js";

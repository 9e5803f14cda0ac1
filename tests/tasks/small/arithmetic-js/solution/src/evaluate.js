/**
 * The value of an arithmetic expression such as "2 * (3 + 4) - -1".
 *
 * Numbers may have decimals. The operators are + - * /, with * and / before + and -, all of them
 * from left to right, and a minus sign in front of a number or parenthesis. Spaces do not count.
 * Anything else, an empty text included, throws a SyntaxError.
 */
export function evaluate(text) {
  const tokens = text.match(/\d+(\.\d+)?|\S/g) ?? [];
  let at = 0;

  function sum() {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "-") {
      value = tokens[at++] === "+" ? value + product() : value - product();
    }
    return value;
  }

  function product() {
    let value = factor();
    while (tokens[at] === "*" || tokens[at] === "/") {
      value = tokens[at++] === "*" ? value * factor() : value / factor();
    }
    return value;
  }

  function factor() {
    const token = tokens[at++];
    if (token === "-") return -factor();
    if (token === "(") {
      const value = sum();
      if (tokens[at++] !== ")") throw new SyntaxError("a parenthesis is not closed");
      return value;
    }
    if (!/^\d/.test(token ?? "")) throw new SyntaxError(`a number is missing before ${token}`);
    return Number(token);
  }

  const value = sum();
  if (at < tokens.length) throw new SyntaxError(`${tokens[at]} is too much`);
  return value;
}

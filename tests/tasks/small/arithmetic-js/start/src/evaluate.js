/**
 * The value of an arithmetic expression such as "2 * (3 + 4) - -1".
 *
 * Numbers may have decimals. The operators are + - * /, with * and / before + and -, all of them
 * from left to right, and a minus sign in front of a number or parenthesis. Spaces do not count.
 * Anything else, an empty text included, throws a SyntaxError.
 */
export function evaluate(text) {
  throw new Error(`not written yet: ${text}`);
}

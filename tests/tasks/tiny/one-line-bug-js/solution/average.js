/** The mean of numbers; 0 where there are none. */
function average(numbers) {
  let sum = 0;
  for (const number of numbers) sum += number;
  return numbers.length === 0 ? 0 : sum / numbers.length;
}

module.exports = { average };

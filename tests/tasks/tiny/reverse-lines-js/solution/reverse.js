const { readFileSync } = require("node:fs");

const lines = readFileSync(process.argv[2], "utf8").split("\n");
if (lines.at(-1) === "") lines.pop();
for (const line of lines.reverse()) console.log(line);

/** The panel's page: nothing is loaded but what is in the extension, and only our own script runs. */

import { randomBytes } from "node:crypto";
import { Uri, type Webview } from "vscode";

/** The folder of the page's files. */
export function pageRoot(extension: Uri): Uri {
  return Uri.joinPath(extension, "dist", "webview");
}

export function page(webview: Webview, extension: Uri): string {
  const address = (file: string): string => webview.asWebviewUri(Uri.joinPath(pageRoot(extension), file)).toString();
  const nonce = randomBytes(18).toString("base64");
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    // Pages' pictures, which the extension hands over.
    "img-src blob:",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Devika</title>
    <link rel="stylesheet" href="${address("codicon.css")}" id="vscode-codicon-stylesheet">
    <link rel="stylesheet" href="${address("panel.css")}">
  </head>
  <body>
    <script nonce="${nonce}" src="${address("panel.js")}"></script>
  </body>
</html>
`;
}

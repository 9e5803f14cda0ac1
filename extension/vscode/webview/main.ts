/** The panel's page. */

import "@vscode-elements/elements/dist/vscode-badge/index.js";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import "@vscode-elements/elements/dist/vscode-icon/index.js";
import "@vscode-elements/elements/dist/vscode-toolbar-button/index.js";
import { mount } from "svelte";
import App from "./App.svelte";
import { editor } from "./host";
import { Panel } from "./panel.svelte";
import "./styles/page.css";
import "./styles/code.css";

mount(App, { target: document.body, props: { panel: new Panel(editor()) } });

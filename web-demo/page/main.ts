import { App } from "./app.js";
import { isolate } from "./offline.js";

// Where the host sends no headers, the service worker isolates the page, which then has threads.
if (!(await isolate())) new App().start();

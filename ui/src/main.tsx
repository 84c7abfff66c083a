import { render } from "preact";
import { App } from "./app.tsx";
import { startConnection } from "./gateway/connection.ts";
import { startTheme } from "./theme.ts";

startTheme();
render(<App />, document.getElementById("app") ?? document.body);
await startConnection();

import { webhookDouble } from "../fakes/webhook/driver.ts";
import { describeChannel } from "./conformance.ts";

describeChannel(webhookDouble);

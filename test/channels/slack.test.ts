import { slackDouble } from "../fakes/slack/driver.ts";
import { describeChannel } from "./conformance.ts";

describeChannel(slackDouble);

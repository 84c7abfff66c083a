import { discordDouble } from "../fakes/discord/driver.ts";
import { describeChannel } from "./conformance.ts";

describeChannel(discordDouble);

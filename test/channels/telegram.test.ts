import { telegramDouble } from "../fakes/telegram/driver.ts";
import { describeChannel } from "./conformance.ts";

describeChannel(telegramDouble);

import { telegramDouble, telegramWebhookDouble } from "../fakes/telegram/driver.ts";
import { describeChannel } from "./conformance.ts";

describeChannel(telegramDouble);
// The same adapter the other way round; the matrix has one column for both.
describeChannel(telegramWebhookDouble, { matrix: false });

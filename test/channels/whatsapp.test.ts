import { whatsappDouble } from "../fakes/whatsapp/driver.ts";
import { describeChannel } from "./conformance.ts";

describeChannel(whatsappDouble);

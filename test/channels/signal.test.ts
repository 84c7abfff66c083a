import { signalDouble } from "../fakes/signal/driver.ts";
import { describeChannel } from "./conformance.ts";

describeChannel(signalDouble);

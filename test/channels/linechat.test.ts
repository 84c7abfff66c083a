import { linechatDouble } from "../fakes/linechat/driver.ts";
import { describeChannel } from "./conformance.ts";

describeChannel(linechatDouble);

// Slack names its emoji; people and the assistant use the characters. These are the ones reactions are made of; any other
// can be given by Slack's own name, as `:name:`.
const table = `+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|heart ❤️|eyes 👀|white_check_mark ✅|heavy_check_mark ✔️|x ❌|tada 🎉|fire 🔥|joy 😂|rofl 🤣
smile 😄|grinning 😀|smiley 😃|grin 😁|laughing 😆|sweat_smile 😅|slightly_smiling_face 🙂|upside_down_face 🙃|wink 😉|blush 😊|innocent 😇
heart_eyes 😍|star-struck 🤩|kissing_heart 😘|yum 😋|stuck_out_tongue 😛|zany_face 🤪|hugging_face 🤗|thinking_face 🤔|zipper_mouth_face 🤐
face_with_raised_eyebrow 🤨|neutral_face 😐|expressionless 😑|smirk 😏|unamused 😒|face_with_rolling_eyes 🙄|grimacing 😬|relieved 😌|pensive 😔
sleeping 😴|mask 😷|nauseated_face 🤢|exploding_head 🤯|partying_face 🥳|sunglasses 😎|nerd_face 🤓|confused 😕|worried 😟|open_mouth 😮|astonished 😲
flushed 😳|pleading_face 🥺|cry 😢|sob 😭|scream 😱|disappointed 😞|sweat 😓|weary 😩|yawning_face 🥱|triumph 😤|rage 😡|angry 😠|skull 💀|hankey 💩
clown_face 🤡|ghost 👻|alien 👽|robot_face 🤖|see_no_evil 🙈|hear_no_evil 🙉|speak_no_evil 🙊|100 💯|boom 💥|sweat_drops 💦|zzz 💤|wave 👋
raised_hand ✋|ok_hand 👌|v ✌️|crossed_fingers 🤞|the_horns 🤘|call_me_hand 🤙|point_left 👈|point_right 👉|point_up_2 👆|point_down 👇|fist ✊
facepunch 👊|clap 👏|raised_hands 🙌|open_hands 👐|handshake 🤝|pray 🙏|writing_hand ✍️|muscle 💪|brain 🧠|broken_heart 💔|orange_heart 🧡
yellow_heart 💛|green_heart 💚|blue_heart 💙|purple_heart 💜|black_heart 🖤|white_heart 🤍|sparkling_heart 💖|star ⭐|star2 🌟|sparkles ✨|zap ⚡
rainbow 🌈|sunny ☀️|rose 🌹|four_leaf_clover 🍀|coffee ☕|beer 🍺|beers 🍻|clinking_glasses 🥂|pizza 🍕|cake 🍰|birthday 🎂|trophy 🏆|medal 🎖️
dart 🎯|rocket 🚀|bulb 💡|bell 🔔|mag 🔍|lock 🔒|key 🔑|hammer 🔨|wrench 🔧|gear ⚙️|link 🔗|pushpin 📌|memo 📝|calendar 📅|chart_with_upwards_trend 📈
moneybag 💰|gift 🎁|balloon 🎈|email 📧|phone ☎️|computer 💻|hourglass_flowing_sand ⏳|hourglass ⌛|stopwatch ⏱️|warning ⚠️|no_entry ⛔
no_entry_sign 🚫|question ❓|exclamation ❗|bangbang ‼️|heavy_plus_sign ➕|arrows_counterclockwise 🔄|repeat 🔁|information_source ℹ️|ok 🆗
red_circle 🔴|large_green_circle 🟢|large_yellow_circle 🟡|large_blue_circle 🔵|checkered_flag 🏁|lobster 🦞|crab 🦀|unicorn_face 🦄|turtle 🐢|snail 🐌`;

const tones = ["🏻", "🏼", "🏽", "🏾", "🏿"];
const plain = (emoji: string) => emoji.replaceAll("\u{fe0f}", "");

function* pairs(): Generator<[name: string, emoji: string]> {
  for (const pair of table.split(/[|\n]/)) {
    const [name = "", emoji = ""] = pair.split(" ");
    yield [name, emoji];
  }
}

/** The character of a name of Slack's; `:name:` where it has none here, as of a workspace's own emoji. */
export function emojiOf(name: string): string {
  const [base = "", tone = ""] = name.split("::", 2);
  const shade = tones[Number(/^skin-tone-([2-6])$/.exec(tone)?.[1] ?? 0) - 2] ?? "";
  for (const [known, emoji] of pairs())
    if (known === base) return shade === "" ? emoji : plain(emoji) + shade;
  return `:${name}:`;
}

/** Slack's name of a character, or of `:name:`; null when it is not known here. */
export function emojiNameOf(emoji: string): string | null {
  const named = /^:([a-z0-9_+'-]{1,100}(?:::skin-tone-[2-6])?):$/.exec(emoji)?.[1];
  if (named !== undefined) return named;
  const shade = tones.findIndex((tone) => emoji.includes(tone));
  const bare = plain(tones.reduce((rest, tone) => rest.replace(tone, ""), emoji));
  for (const [name, known] of pairs())
    if (plain(known) === bare) return shade < 0 ? name : `${name}::skin-tone-${shade + 2}`;
  return null;
}

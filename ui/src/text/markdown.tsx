import { marked, type Token, type Tokens } from "marked";
import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { CopyButton } from "../components/copy-button.tsx";

/**
 * Text of a model or of a person, drawn with elements and text nodes only: whatever it says, it is never markup. Images
 * are shown as links, because a picture that loads by itself tells its server that it was seen.
 */
export function Markdown({ text }: { text: string }): JSX.Element {
  const tokens = useMemo(() => marked.lexer(text, { gfm: true, breaks: true }), [text]);
  return <div class="markdown">{tokens.map(block)}</div>;
}

function block(token: Token, key: number): ComponentChildren {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading": {
      const level = (token as Tokens.Heading).depth;
      return level < 3 ? (
        <h3 key={key}>{inlines(token)}</h3>
      ) : level === 3 ? (
        <h4 key={key}>{inlines(token)}</h4>
      ) : (
        <h5 key={key}>{inlines(token)}</h5>
      );
    }
    case "paragraph":
      return <p key={key}>{inlines(token)}</p>;
    case "code":
      return <CodeBlock key={key} token={token as Tokens.Code} />;
    case "blockquote":
      return <blockquote key={key}>{(token as Tokens.Blockquote).tokens.map(block)}</blockquote>;
    case "list": {
      const { ordered, start, items } = token as Tokens.List;
      const drawn = items.map((item, index) => <ListItem key={index} item={item} />);
      return ordered ? (
        <ol key={key} start={start === "" ? undefined : start}>
          {drawn}
        </ol>
      ) : (
        <ul key={key}>{drawn}</ul>
      );
    }
    case "table":
      return <Table key={key} token={token as Tokens.Table} />;
    case "hr":
      return <hr key={key} />;
    case "text":
      return <p key={key}>{inlines(token)}</p>;
    default:
      // HTML and whatever a later version of the lexer knows: the words as they were written.
      return <p key={key}>{token.raw}</p>;
  }
}

function ListItem({ item }: { item: Tokens.ListItem }): JSX.Element {
  // A tight item's text is no paragraph of its own.
  const content = item.tokens.map((token, index) =>
    token.type === "text" ? <span key={index}>{inlines(token)}</span> : block(token, index),
  );
  if (!item.task) return <li>{content}</li>;
  return (
    <li class="task">
      <input type="checkbox" checked={item.checked ?? false} disabled aria-label={item.text.slice(0, 80)} />
      {content}
    </li>
  );
}

function CodeBlock({ token }: { token: Tokens.Code }): JSX.Element {
  const language = (token.lang ?? "").split(/\s/)[0] ?? "";
  return (
    <figure class="code">
      <figcaption>
        <span>{language}</span>
        <CopyButton text={token.text} />
      </figcaption>
      <pre tabIndex={0}>
        <code>{token.text}</code>
      </pre>
    </figure>
  );
}

function Table({ token }: { token: Tokens.Table }): JSX.Element {
  return (
    <div class="table-scroll" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {token.header.map((cell, index) => (
              <th key={index} class={`align-${token.align[index] ?? "left"}`}>
                {cell.tokens.map(inline)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, rowIndex) => (
            <tr key={rowIndex}>
              {row.map((cell, index) => (
                <td key={index} class={`align-${token.align[index] ?? "left"}`}>
                  {cell.tokens.map(inline)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inlines(token: Token): ComponentChildren {
  const { tokens } = token as { tokens?: Token[] };
  return tokens ? tokens.map(inline) : entities((token as { text?: string }).text ?? token.raw);
}

function inline(token: Token, key: number): ComponentChildren {
  switch (token.type) {
    case "strong":
      return <strong key={key}>{inlines(token)}</strong>;
    case "em":
      return <em key={key}>{inlines(token)}</em>;
    case "del":
      return <del key={key}>{inlines(token)}</del>;
    case "codespan":
      return <code key={key}>{(token as Tokens.Codespan).text}</code>;
    case "br":
      return <br key={key} />;
    case "link":
      return (
        <SafeLink key={key} target={(token as Tokens.Link).href}>
          {inlines(token)}
        </SafeLink>
      );
    case "image": {
      const { href, text } = token as Tokens.Image;
      return (
        <SafeLink key={key} target={href}>
          🖼 {text || href}
        </SafeLink>
      );
    }
    case "text":
    case "escape": {
      const { tokens, text } = token as Tokens.Text;
      return tokens ? tokens.map(inline) : entities(text);
    }
    default:
      return token.raw;
  }
}

/** Only addresses a person can follow without surprises; others stay text. */
function SafeLink({ target, children }: { target: string; children: ComponentChildren }): JSX.Element {
  const url = URL.canParse(target) ? new URL(target) : null;
  if (url === null || !["http:", "https:", "mailto:"].includes(url.protocol)) return <>{children}</>;
  return (
    <a href={url.href} target="_blank" rel="noopener noreferrer nofollow" title={url.href}>
      {children}
    </a>
  );
}

/** Character references mean their character in text, as CommonMark has it; in code they are themselves. */
function entities(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

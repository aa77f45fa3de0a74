/** A request as a command that sends it again: for POSIX shells, with the secrets for a person to fill in. */
import type { SentRequestView } from '../api/schema';

const HIDDEN = '[hidden]';
/** What curl works out for itself. */
const OWN: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'accept-encoding',
  'connection',
]);

/** The command, or undefined where the body is no longer kept: without it this would be another request. */
export function asCurl(request: SentRequestView): string | undefined {
  if (request.body === null) return undefined;
  const lines = [`curl -i -X ${request.method} ${quoted(request.url)}`];
  // The client's types take the pairs of a list of headers for lists of any length.
  for (const [name, value] of request.headers as [string, string][]) {
    if (!OWN.has(name.toLowerCase()))
      lines.push(`-H ${quoted(`${name}: ${filledIn(name, value)}`)}`);
  }
  if (request.body !== '') {
    lines.push(`--data-binary ${request.isBase64 ? '@-' : quoted(request.body)}`);
  }
  const command = lines.join(' \\\n  ');
  return request.isBase64 && request.body !== ''
    ? `printf %s ${quoted(request.body)} | base64 -d | ${command}`
    : command;
}

/** A place that says what belongs there: "YOUR-AUTHORIZATION". */
function filledIn(name: string, value: string): string {
  return value.replaceAll(HIDDEN, `YOUR-${name.toUpperCase()}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

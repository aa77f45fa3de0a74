/** The state of the link, as a person would say it. */
import type { Said } from '../lib/words';

export function linkWords(
  link: 'connecting' | 'open' | 'polling',
  isReached: boolean,
): Said & { more: string } {
  if (link === 'open')
    return { lamp: 'green', words: 'Live', more: 'What happens shows here at once.' };
  if (!isReached)
    return {
      lamp: 'red',
      words: 'Not reached',
      more: 'Posthouse does not answer. It is asked again every 10 s.',
    };
  if (link === 'polling')
    return {
      lamp: 'yellow',
      words: 'Updating every 10 s',
      more: 'Live updates come again by themselves as soon as they can.',
    };
  return { lamp: 'grey', words: 'Connecting…', more: 'The live updates are being opened.' };
}

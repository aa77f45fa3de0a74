/**
 * The API, typed by its own document. Whatever goes wrong becomes a `Trouble`: a sentence of what happened and one of
 * what to do. The session travels as a cookie that this code never sees.
 */
import createClient from 'openapi-fetch';
import { session } from '../data/session.svelte';
import type { DiagnosisView, paths } from './schema';

const LIMIT_MS = 30_000;
/** What is asked of a target itself takes as long as that takes. */
const ASKING_LIMIT_MS = 90_000;
const ASKING = /^\/api\/(targets|wake-schedule\/accounts)/;
const PAGE = 500;

export const api = createClient<paths>({
  baseUrl: '/',
  fetch: (request) =>
    fetch(request, {
      cache: 'no-store',
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(limitOf(request))]),
    }),
});

const limitOf = ({ method, url }: Request): number =>
  method !== 'GET' && ASKING.test(new URL(url).pathname) ? ASKING_LIMIT_MS : LIMIT_MS;

/** What else a refusal says: the field that it is about, how many deliveries wait. */
export interface More {
  readonly field?: string | undefined;
  /** The character of that field's text, from 0. */
  readonly position?: number | undefined;
  readonly waiting?: number | undefined;
}

/** Why something could not be done, for people. */
export class Trouble extends Error {
  constructor(
    readonly what: string,
    readonly advice: string,
    readonly code: string,
    readonly more: More = {},
  ) {
    super(what);
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer's data. Throws Trouble; a session that has ended is noted for the whole page. */
export async function ask<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch (error) {
    throw unreached(error);
  }
  if (answer.response.ok && answer.data !== undefined) return answer.data;
  if (answer.response.status === 401) session.ended();
  throw refused(answer.response, answer.error);
}

/** Every item of a list, over all its pages. */
export async function all<P extends Page>(
  page: (query: { limit: number; cursor?: string }) => Promise<Answer<P>>,
): Promise<P['items'][number][]> {
  const items: P['items'][number][] = [];
  let cursor: string | null = null;
  do {
    const query = cursor === null ? { limit: PAGE } : { limit: PAGE, cursor };
    const found: P = await ask(page(query));
    items.push(...found.items);
    cursor = found.nextCursor;
  } while (cursor !== null);
  return items;
}

interface Page {
  readonly items: readonly unknown[];
  readonly nextCursor: string | null;
}

/** Any error as a Trouble. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof Trouble) return error;
  console.error(error);
  return new Trouble(
    'The dashboard made a mistake of its own.',
    'Load the page again.',
    'internal',
  );
}

function unreached(error: unknown): Trouble {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new Trouble(
      'Posthouse did not answer in time.',
      'It may be very busy. It is asked again by itself.',
      'timeout',
    );
  }
  return new Trouble(
    'Posthouse cannot be reached.',
    'Start it with `posthouse up`. This page asks again by itself.',
    'unreachable',
  );
}

function refused(response: Response, body: unknown): Trouble {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as {
    detail?: string;
    code?: string;
    diagnosis?: DiagnosisView | null;
    field?: string;
    position?: number;
    waiting?: number;
  };
  const what = problem.detail ?? `Posthouse answered ${response.status}, and did not say why.`;
  return new Trouble(
    what,
    problem.diagnosis?.advice ?? '',
    problem.code ?? `http_${response.status}`,
    { field: problem.field, position: problem.position, waiting: problem.waiting },
  );
}

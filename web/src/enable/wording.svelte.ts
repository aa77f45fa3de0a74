/** A binding's own filter and words while they are thought out, and what the daemon says to them on real events. */
import { api, ask } from '../api/client';
import type { BindingView, BodyFormat, TemplatePreview } from '../api/schema';

export class Wording {
  where = $state('');
  select = $state('');
  document = $state('');
  title = $state('');
  body = $state('');
  priority = $state('');
  tags = $state('');
  click = $state('');

  static of({ filter, shape }: BindingView): Wording {
    const words = new Wording();
    const { message } = shape;
    words.where = filter.where ?? '';
    words.select = shape.select ?? '';
    words.document = shape.body ?? '';
    words.title = message?.title ?? '';
    words.body = message?.body ?? '';
    words.priority = message?.priority ?? '';
    words.tags = ((message?.tags ?? []) as string[]).join('\n');
    words.click = message?.click ?? '';
    return words;
  }

  /** The parts of a filter. */
  filter() {
    return { where: this.where.trim() || null };
  }

  /** The parts of a shape, as far as they go with its format. */
  shape(format: BodyFormat) {
    const isOwn = format === 'template';
    const message = {
      title: this.title || null,
      body: this.body || null,
      priority: this.priority || null,
      tags: this.tags.split('\n').flatMap((tag) => tag.trim() || []),
      click: this.click || null,
    };
    const isWorded = Object.values(message).some((part) => part !== null && part.length > 0);
    return {
      select: isOwn ? null : this.select.trim() || null,
      body: isOwn ? this.document : null,
      message: isWorded ? message : null,
    };
  }
}

interface Asked {
  source: number;
  target?: number | undefined;
  filter: { types: string[]; origins: string[]; where: string | null };
  shape: ReturnType<Wording['shape']> & {
    format: BodyFormat;
    properties?: Record<string, boolean>;
  };
}

/** What would become of the source's newest events. Nothing is sent. Throws Trouble. */
export function tryWords({ target = undefined, ...asked }: Asked): Promise<TemplatePreview> {
  return ask(api.POST('/api/templates/preview', { body: { ...asked, target: target ?? null } }));
}

import { describe, expect, it } from 'vitest';
import type { FieldView } from '../api/schema';
import { changesOf, entriesOf, missing, settingsOf, shownValue } from './fields';

const URLS: FieldView = {
  path: ['urls'],
  label: 'Services',
  kind: 'secrets',
  help: '',
  placeholder: '',
  isRequired: true,
  isAdvanced: false,
  choices: [],
  default: null,
  whenPath: null,
  whenValue: null,
};
const PRESENT = { urls: { phone: { isSet: true }, mail: { isSet: true } } };

describe('secrets by name', () => {
  it('are what was typed; lines without a name are left out', () => {
    const urls = [
      { name: ' phone ', value: 'tgram://x/y' },
      { name: '', value: 'lost' },
    ];
    expect(settingsOf([URLS], { urls })).toEqual({ urls: { phone: 'tgram://x/y' } });
  });

  it('stay as they are while nothing else is typed', () => {
    const entries = entriesOf([URLS], PRESENT);
    expect(entries.urls).toEqual([
      { name: 'phone', value: '', isSet: true },
      { name: 'mail', value: '', isSet: true },
    ]);
    expect(changesOf([URLS], entries, PRESENT)).toEqual({});
  });

  it('can be replaced, added and taken out one by one', () => {
    const urls = [
      { name: 'phone', value: 'new', isSet: true },
      { name: 'office', value: 'more' },
    ];
    expect(changesOf([URLS], { urls }, PRESENT)).toEqual({
      urls: { phone: 'new', office: 'more' },
    });
  });

  it('need their value again under another name', () => {
    const urls = [{ name: 'telephone', value: '', isSet: false }];
    expect(changesOf([URLS], { urls }, PRESENT)).toEqual({ urls: { telephone: '' } });
  });

  it('are missing where one is needed and there is none', () => {
    expect(missing([URLS], { urls: [] }, {})).toEqual([URLS]);
    expect(missing([URLS], entriesOf([URLS], PRESENT), PRESENT)).toEqual([]);
  });

  it('are told by their names alone', () => {
    expect(shownValue(URLS, PRESENT)).toBe(
      'phone: set, and never shown\nmail: set, and never shown',
    );
  });
});

/** An instant as its zone's clocks show it, with how far that is from UTC: "Sunday 29 March 2026, 07:30 (GMT+2)". */
export function zoned(at: number, zone: string): string {
  const options = {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'shortOffset',
  } as const;
  const parts = new Map(
    formatter(zone, options)
      .formatToParts(at)
      .map((one) => [one.type, one.value]),
  );
  const day = `${parts.get('weekday')} ${parts.get('day')} ${parts.get('month')} ${parts.get('year')}`;
  return `${day}, ${parts.get('hour')}:${parts.get('minute')} (${parts.get('timeZoneName')})`;
}

function formatter(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone });
  } catch {
    // A zone that the daemon knows and this browser does not.
    return new Intl.DateTimeFormat('en-GB', options);
  }
}

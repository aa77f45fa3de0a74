/** How much something is: "840 bytes", "12.3 KiB", "4 MiB". */
export function size(bytes: number): string {
  if (bytes < 1_024) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  const inKib = bytes / 1_024;
  const [count, unit] = inKib < 1_024 ? [inKib, 'KiB'] : [inKib / 1_024, 'MiB'];
  return `${count.toLocaleString('en-GB', { maximumFractionDigits: 1 })} ${unit}`;
}

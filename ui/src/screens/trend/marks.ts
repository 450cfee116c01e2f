/** ●▲■, and ◆ for whatever else there is, of about `size` to each side of a point. */
export function markPath(dimension: string, x: number, y: number, size: number): string {
  const at = `M${x.toFixed(1)} ${y.toFixed(1)}`;
  const double = size * 2;
  switch (dimension) {
    case "energy":
      return `${at}m${-size} 0a${size} ${size} 0 1 0 ${double} 0a${size} ${size} 0 1 0 ${-double} 0Z`;
    case "motivation":
      return `${at}m0 ${-size * 1.15}l${size * 1.15} ${double}h${-size * 2.3}Z`;
    case "resilience":
      return `${at}m${-size * 0.9} ${-size * 0.9}h${size * 1.8}v${size * 1.8}h${-size * 1.8}Z`;
    default:
      return `${at}m0 ${-size * 1.2}l${size * 1.2} ${size * 1.2}l${-size * 1.2} ${size * 1.2}l${-size * 1.2} ${-size * 1.2}Z`;
  }
}

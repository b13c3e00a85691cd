/**
 * Environment variables that make the monotonic clock of a Node.js process (`performance.now`) go faster, for rules that
 * count in minutes. Timers and the time of day stay as they are.
 */
export function fastClock(factor: number): { readonly NODE_OPTIONS: string } {
  const code = `const now=performance.now.bind(performance);performance.now=()=>now()*${factor}`
  return { NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(code)}"` }
}

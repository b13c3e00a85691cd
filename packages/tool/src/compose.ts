import type { Handler, Middleware } from './call.ts'

/**
 * Wraps `last` in a list of middleware, outermost first. Built once per server, not once per call.
 *
 * A layer that calls `next` twice would run a write twice; that is refused with the layer's name.
 */
export function compose(layers: readonly Middleware[], last: Handler): Handler {
  return layers.reduceRight<Handler>((next, layer) => (call) => layer(call, once(next, layer.name)), last)
}

function once(next: Handler, layer: string): Handler {
  let called = false
  return (call) => {
    if (called) throw new Error(`${layer} called next() twice`)
    called = true
    return next(call)
  }
}

/** W3C Trace Context: `version-traceid-parentid-flags`, version 00. */
const form = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/

/** The caller's trace, continued with a span of our own; a missing or malformed header starts a new trace. */
export function continueTrace(
  header: string | undefined,
  randomHex: (bytes: number) => string,
): { readonly traceId: string; readonly traceparent: string } {
  const caller = header === undefined ? undefined : form.exec(header)?.[1]
  const traceId = caller === undefined || /^0+$/.test(caller) ? randomHex(16) : caller
  return { traceId, traceparent: `00-${traceId}-${randomHex(8)}-01` }
}

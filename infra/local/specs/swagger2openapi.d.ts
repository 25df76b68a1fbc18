declare module 'swagger2openapi' {
  /** Reads JSON or YAML text and gives it as OpenAPI 3. */
  export function convertStr(
    text: string,
    options: { readonly patch: boolean; readonly warnOnly: boolean; readonly resolve: boolean },
  ): Promise<{ readonly openapi: Readonly<Record<string, unknown>> }>
}

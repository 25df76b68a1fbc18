import process from 'node:process'

// What the MCP library finds in place of its own module of this name, which brings a validator of JSON Schema (153 KB of
// minified code that makes code at run time). The line judges inputs by the declared schemas; nothing else is validated.

function getValidator() {
  throw new Error('no JSON Schema is validated here')
}

function DefaultJsonSchemaValidator() {
  return { getValidator }
}

export { DefaultJsonSchemaValidator, process }

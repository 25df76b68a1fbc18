// What fast-xml-parser finds in place of `is-unsafe` (some 18 KB of minified code), which judges the value of an entity
// that a document declares. No document with such a declaration is read here: one that has it is refused by this.
const HTML = 'HTML'
const XML = 'XML'

function isUnsafe() {
  throw new Error('no document that declares entities is read here')
}

module.exports = { HTML, isUnsafe, XML }

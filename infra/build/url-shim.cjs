// What the MongoDB driver finds in place of `whatwg-url` (some 280 KB of minified code, nearly all of it tables of
// international domain names), with which it reads addresses: Node's own classes do the same.
module.exports = { URL, URLSearchParams }

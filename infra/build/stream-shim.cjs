// What `bl` finds in place of `readable-stream` (some 79 KB of minified code): Node's own streams, of which it is a copy.
module.exports = require('node:stream')

// What the identity library finds in place of `open` (some 12 KB of minified code), by which a person signs in with a
// browser on the same machine. There is no person at the gateway's machine: the managed identity is the credential.
function open() {
  throw new Error('no browser is opened here: the managed identity is the credential')
}

module.exports = open

// What MSAL finds in place of `jsonwebtoken` (some 55 KB of minified code with its own dependencies), with which it signs
// assertions by a certificate's key. The gateway proves itself by its managed identity's token and has no certificate.
function sign() {
  throw new Error('there is no certificate here: the managed identity is the credential')
}

module.exports = { sign }

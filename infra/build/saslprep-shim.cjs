// What the MongoDB driver finds in place of `@mongodb-js/saslprep`, which prepares passwords. Nobody has one here: people
// sign in with the token that was exchanged for them.
function saslprep() {
  throw new Error('no password is used here')
}

module.exports = { saslprep }

// What tedious finds in place of `@azure/identity`: the token that a connection signs in with is given to it.
function fail() {
  throw new Error('no credential is made here: the token is given')
}

module.exports = {
  ClientSecretCredential: fail,
  DefaultAzureCredential: fail,
  ManagedIdentityCredential: fail,
  UsernamePasswordCredential: fail,
}

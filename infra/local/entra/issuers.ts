/** Entra's issuers and hosts in the public cloud, byte for byte: what a token says does not depend on where it was made. */
export const loginHost = 'https://login.microsoftonline.com'

export const issuerV2 = (tid: string) => `${loginHost}/${tid}/v2.0`

export const issuerV1 = (tid: string) => `https://sts.windows.net/${tid}/`

/** One rule of verification taken out: this text of the file, found exactly once, becomes that. */
export interface Mutant {
  readonly file: string
  readonly text: string
  readonly by: string
}

type Change = readonly [text: string, by: string]

const identity = 'shared/identity'

const changes: Readonly<Record<string, readonly Change[]>> = {
  [`${identity}/authorization.ts`]: [
    ["if (hasTokenInQuery(request.query)) return refuse('authorization_malformed', 'token_in_query')", ''],
    ["name.toLowerCase() === 'access_token'", "name === 'access_token'"],
    ["if (hasTokenInForm(request)) return refuse('authorization_malformed', 'token_in_body')", ''],
    ['formNamePattern.test(body) || formNamePattern.test(decodeForm(body))', 'formNamePattern.test(body)'],
    ["request.contentType?.toLowerCase() ?? ''", "request.contentType ?? ''"],
    ['const maxTokenLength = 12 * 1024', 'const maxTokenLength = 64 * 1024 * 1024'],
    ['const maxTokenLength = 12 * 1024', 'const maxTokenLength = 12 * 1024 + 1'],
    ["if (header.includes(',')) return refuse('authorization_malformed', 'multiple_authorization_headers')", ''],
    ['/^bearer(?:$|[^A-Za-z0-9-])/i.test(header)', '/bearer/i.test(header)'],
    ['[A-Za-z0-9\\-._~+/]+=*)$/i', '[^ ]+)$/i'],
    ['/^Bearer +([A-Za-z0-9', '/Bearer +([A-Za-z0-9'],
    ['/^Bearer +([A-Za-z0-9', '/^Bearer\\s+([A-Za-z0-9'],
    ["if (/^bearer *$/i.test(header)) return refuse('authorization_malformed', 'empty_token')", ''],
  ],
  [`${identity}/token-header.ts`]: [
    ["return bytes.toString('base64url') === part ? bytes : undefined", 'return bytes'],
    ["if (header.alg !== 'RS256') return 'alg_not_allowed'", ''],
    ["if (Object.hasOwn(header, 'nonce')) return 'proprietary_token_nonce_header'", ''],
    ["if (forbiddenHeaders.some((name) => Object.hasOwn(header, name))) return 'header_param_not_allowed'", ''],
    ...['crit', 'jku', 'jwk', 'x5u', 'x5c', 'b64', 'zip'].map((name): Change => [`'${name}', `, '']),
    [", 'enc'] as const", '] as const'],
    ['Object.hasOwn(header, name))', 'header[name] != null)'],
    ["if (header.typ !== undefined && header.typ !== 'JWT') return 'typ_not_allowed'", ''],
    ["typeof kid === 'string' && kid !== '' && kid.length <= 128", "typeof kid === 'string' && kid !== ''"],
    ["typeof kid === 'string' && kid !== '' && kid.length <= 128", "typeof kid === 'string' && kid.length <= 128"],
    ["typeof kid === 'string' && kid !== '' && kid.length <= 128", 'String(kid).length <= 128'],
    ["if (parts.length === 5) return 'jwe_not_supported'", ''],
    ["return parts.length === 3 ? null : 'malformed_token'", 'return null'],
    ['fatal: true, ', ''],
    [', ignoreBOM: true', ''],
  ],
  [`${identity}/json-object.ts`]: [
    ['countMembers(text) === Object.keys(value).length ? (value as JsonObject) : undefined', 'value as JsonObject'],
    [' || Array.isArray(value)) return undefined', ') return undefined'],
    [
      "typeof value !== 'object' || value === null || Array.isArray(value)",
      "typeof value !== 'object' || value === null",
    ],
    ["if (typeof value !== 'object' || value === null", 'if (value === null'],
  ],
  [`${identity}/claim-rules.ts`]: [
    ['-[0-9a-f]{12}$/', '-[0-9a-f]{12}$/i'],
    ['/^[0-9a-f]{8}', '/[0-9a-f]{8}'],
    ['[0-9a-f]{12}$/', '[0-9a-f]{12}/'],
    ["typeof value === 'number' && Number.isSafeInteger(value) && value >= 0", 'Number(value) >= 0'],
    ['Number.isSafeInteger(value) && ', ''],
    ['Number.isSafeInteger(value)', 'Number.isInteger(value)'],
    [' && value >= 0', ''],
    ['Array.isArray(value) && value.every(isText)', 'Array.isArray(value)'],
    ['Array.isArray(value) && value.every(isText)', 'true'],
    ['if (!Object.hasOwn(claims, name)) return', 'if (!Object.hasOwn(claims, name)) return null ??'],
    ["value.split(' ').filter((word) => word !== '')", "value.split(/\\W/).filter((word) => word !== '')"],
  ],
  [`${identity}/token-claims.ts`]: [
    ...['exp', 'iat', 'nbf'].map((name): Change => [`demand('${name}', isTime),`, '']),
    ...[
      'notExpired',
      'notFromFuture',
      'alreadyValid',
      'livesNotTooLong',
      'version',
      'audience',
      'issuer',
      'notBound',
    ].map((name): Change => [`  ${name},\n`, '']),
    ["demand('ver', isText),", ''],
    ...['azp', 'oid'].map((name): Change => [`demand('${name}', isGuid),`, '']),
    ...['azp', 'oid'].map((name): Change => [`demand('${name}', isGuid),`, `demand('${name}', isText),`]),
    ...['scp', 'uti', 'xms_act_fct', 'xms_sub_fct', 'xms_par_app_azp', 'xms_idrel'].map(
      (name): Change => [`allow('${name}', isText),`, ''],
    ),
    ["allow('idtyp', isSubjectType),", ''],
    ...['roles', 'groups', 'acrs'].map((name): Change => [`allow('${name}', isTextList),`, '']),
    ['  notRevoked,\n', ''],
    ['const skew = 60', 'const skew = 61'],
    ['const skew = 60', 'const skew = 40'],
    ['const skew = 60', 'const skew = 300'],
    ['24 * 3600 + 300', '25 * 3600'],
    ["ver === '2.0'", "ver.startsWith('2')"],
    ['aud === clientId', 'String(aud).includes(clientId)'],
    ['aud === clientId', '[aud].flat().includes(clientId)'],
    ['aud === clientId', 'String(aud).toLowerCase() === clientId'],
    ['iss === issuerOf(cloud, String(tid))', 'String(iss).startsWith(issuerOf(cloud, String(tid)))'],
    ['iss === issuerOf(cloud, String(tid))', 'String(iss).toLowerCase() === issuerOf(cloud, String(tid))'],
    ['iss === issuerOf(cloud, String(tid))', 'String(iss).includes(String(tid))'],
    ["Object.hasOwn(claims, 'cnf')", 'claims.cnf'],
  ],
  [`${identity}/signing-key.ts`]: [
    ["key.issuer !== null && key.issuer.replaceAll('{tenantid}', tid) === issuer", 'true'],
    [
      "key.issuer !== null && key.issuer.replaceAll('{tenantid}', tid) === issuer",
      "(key.issuer ?? issuer).replaceAll('{tenantid}', tid) === issuer",
    ],
  ],
  [`${identity}/entra-keys.ts`]: [
    [
      'return true\n  } catch (error) {\n    if (error instanceof errors.JOSEError) return false',
      'return true\n  } catch {\n    return true',
    ],
    ["sources.get(tid ?? tenants[0] ?? '')", "sources.get(tenants[0] ?? '')"],
  ],
  [`${identity}/verify.ts`]: [
    ["if (tid === undefined) return 'claim_missing_tid'", ''],
    ["if (!isGuid(tid)) return 'claim_invalid_tid'", ''],
    ["if (key === null) return 'kid_unknown'", 'if (key === null) return null'],
    [
      "if (listed && !bindsIssuer(key, tid, issuerOf(parts.settings.cloud, tid))) return 'signing_key_issuer_mismatch'",
      '',
    ],
    ["return (await parts.checkSignature(unproven.token, key)) ? null : 'bad_signature'", 'return null'],
    ['const mayControl = claims.azp === settings.consoleClientId', 'const mayControl = true'],
    ["if (!lists.tenants.has(claims.tid)) return { code: 'tenant_not_allowed', reason: 'tenant_not_allowed' }", ''],
    ['if (fault !== null) return fault\n  return lists', 'return lists'],
    [
      "return lists.actors.has(claims.azp) ? null : { code: 'actor_not_allowed', reason: 'client_not_allowed' }",
      'return null',
    ],
    ['if (isApplication(claims)) return []', ''],
    ['if (scopes.length > 0 || isApplication(claims)) return null', 'return null'],
    ['isRevoked: (tokenId) => parts.settings.deniedTokenIds?.has(tokenId) ?? false', 'isRevoked: () => false'],
    ['if (fault !== null) return tokenInvalid(fault)', ''],
    ['if (refusal !== null) return { refusal }', ''],
    ['if (bearer.refusal) throw problemOf(bearer.refusal)', ''],
  ],
  [`${identity}/principal-kind.ts`]: [
    ["if (claims.idtyp === 'app') return true", ''],
    [
      "if (claims.scp !== undefined || claims.idtyp === 'user') return false",
      'if (claims.scp !== undefined) return false',
    ],
    ['if (personalClaims.some((name) => Object.hasOwn(claims, name))) return false', ''],
    ['return claims.oid === claims.sub || (', 'return ('],
    ['(Array.isArray(claims.roles) && claims.roles.length > 0)', 'false'],
    ['facets.has(agentUserFacet) || facets.has(agentFacet)', 'facets.has(agentUserFacet)'],
    ['facets.has(agentUserFacet) || facets.has(agentFacet)', 'facets.has(agentFacet)'],
    [" || Object.hasOwn(claims, 'xms_par_app_azp')", ''],
    ['wordsOf(claims.xms_act_fct).has(agentFacet)', 'false'],
    ['wordsOf(claims.xms_act_fct).has(agentFacet)', 'String(claims.xms_act_fct).includes(agentFacet)'],
    ["if (isAgentSubject(claims)) return 'agent-user'", ''],
    ["if (isAgentActor(claims)) return 'agent-for-person'", ''],
    ["return guest ? 'guest' : 'person'", "return 'person'"],
  ],
  [`${identity}/principal-claims.ts`]: [
    ["claims.azpacr !== '1' && claims.azpacr !== '2'", "claims.azpacr === '0'"],
    ['return overage || claims.hasgroups !== undefined ? null : (claims.groups ?? [])', 'return claims.groups ?? []'],
    [' || claims.hasgroups !== undefined', ''],
    [
      'return overage || claims.hasgroups !== undefined ? null : (claims.groups ?? [])',
      'return claims.groups ?? (overage || claims.hasgroups ? null : [])',
    ],
    ['actor: claims.azp,', 'actor: String(claims.appid ?? claims.azp),'],
    ['oid: claims.oid,', 'oid: String(claims.sub),'],
  ],
  [`${identity}/guest.ts`]: [
    ['(acct !== undefined && acct !== 0)', 'acct === 1'],
    ['(acct !== undefined && acct !== 0) || ', ''],
    ['relations.has(guest) || ', ''],
    [' || comesFromElsewhere(idp, tid, cloud)', ''],
    [' || !proven', ''],
    ['acct === 0 || relations.has(member)', 'acct === 0'],
  ],
  [`${identity}/agent-scope.ts`]: [
    ["throw refusalProblem({ code: 'scope_insufficient', reason: 'control_only' }, settings)", 'return verified'],
  ],
  [`${identity}/challenge.ts`]: [
    ["    ['error', 'invalid_token'],\n", ''],
    ['return parameters && bearer(settings, parameters)', 'return undefined'],
    ["settings.resourceMetadata ? [['resource_metadata', settings.resourceMetadata]] : []", '[]'],
    ['details[refusal.code] ?? hint(settings)', 'refusal.reason'],
  ],
  'shared/http/token-request.ts': [
    [
      'authorization: authorization === undefined ? [] : [authorization],',
      "authorization: authorization === undefined ? [] : [authorization.split(',')[0] ?? ''],",
    ],
    ['    query,\n', ''],
    ["contentType: headers['content-type'] ?? '',", "contentType: '',"],
    ['bodyStart: new TextDecoder().decode(body.subarray(0, bodyStart)),', "bodyStart: '',"],
  ],
  'shared/app-ports.ts': [
    ['verify: async (inbound) => requireAgentScope(await verifyAny(inbound), challenge)', 'verify: verifyAny'],
    [
      'brake.guard(inbound.remoteAddress, () => verifier.verify(tokenRequestOf(inbound)))',
      'verifier.verify(tokenRequestOf(inbound))',
    ],
    ['brake.guard(inbound.remoteAddress,', "brake.guard('',"],
    [
      'tenants: settings.COUNTERSIGN_TENANTS,\n      allowedActors',
      'tenants: [settings.COUNTERSIGN_HOME_TENANT],\n      allowedActors',
    ],
    ['deniedTokenIds: new Set(settings.COUNTERSIGN_DENIED_TOKEN_IDS),', ''],
  ],
  'shared/quota/failure-brake.ts': [
    ['if (!left.granted) throw tooMany(left.retryAfter)', ''],
    ['if (error instanceof Problem && error.status < 500) failures.reserve(address)', ''],
    ['return await attempt()', 'failures.reserve(address)\n        return await attempt()'],
  ],
  'shared/http/answers.ts': [
    [
      'return listOperationsFor(await parts.ports.verify(inbound), parts)',
      'return listOperationsFor(await parts.ports.verifyAny(inbound), parts)',
    ],
  ],
  'shared/http/explain.ts': [
    [
      'const { principal, assertion } = await ports.verify(inbound)',
      'const { principal, assertion } = await ports.verifyAny(inbound)',
    ],
  ],
  'shared/http/mcp.ts': [
    ['const caller = await parts.ports.verify(inbound)', 'const caller = await parts.ports.verifyAny(inbound)'],
    [
      'await parts.ports.verify(inbound)',
      "await (inbound.backend === '' ? parts.ports.verify(inbound) : parts.ports.verifyAny(inbound))",
    ],
  ],
  'shared/http/approval-voter.ts': [
    ["if (principal.kind === 'app') throw new Problem('human_required', 'An application alone has no approvals.')", ''],
  ],
  'shared/http/approval-answers.ts': [['  requirePersonInControl(voter.principal, parts.approvers)\n', '']],
  'shared/http/approval-vote.ts': [['  requirePersonInControl(principal, approvers)\n', '']],
  'shared/approval/vote.ts': [
    ['!person || actor !== rules.consoleClientId', '!person'],
    ['!person || actor !== rules.consoleClientId', 'actor !== rules.consoleClientId'],
    ["if (kind === 'guest' || principal.guest) throw", 'if (false) throw'],
    ['if (!scopes.includes(controlScope)) {', 'if (false) {'],
  ],
  'shared/pipeline/admit.ts': [
    [
      'const { principal, assertion } = await ports.verify(inbound)',
      'const { principal, assertion } = await ports.verifyAny(inbound)',
    ],
    ["if (stage.principal.kind === 'app') return refuse(stage, appOnly())", ''],
  ],
}

/** Each removal once, in the order of the files. */
export const mutants: readonly Mutant[] = Object.entries(changes).flatMap(([file, list]) =>
  list.map(([text, by]) => ({ file, text, by })),
)

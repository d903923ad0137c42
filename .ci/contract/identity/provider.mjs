// Identity providers: oidc-provider behind a front that can exchange it, count what is fetched, and fail.
import './quiet.mjs'
import { generateKeyPair, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import Provider from 'oidc-provider'

export const AUDIENCE = 'https://coaching.example.com'
export const ELSEWHERE = 'https://payroll.example.com'
export const CALLBACK = 'https://front.example.com/callback'
export const ADMINISTRATOR = 'peer-coaching-administrator'

/** What programs may be allowed; people ask for `coaching`. */
const SCOPES = 'members:read members:write events:read webhooks:manage'

/** One program, and two front ends: the second is registered under the name of the service, as happens with providers
 * whose one registration is client and API; then an ID token's audience is that of the service. */
const CLIENTS = [
  { client_id: 'directory-sync', client_secret: 'a-secret-of-the-program', grant_types: ['client_credentials'],
    redirect_uris: [], response_types: [] },
  ...['front-end', AUDIENCE].map((client_id) => (
    { client_id, token_endpoint_auth_method: 'none', redirect_uris: [CALLBACK] })),
]

const KINDS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
}

/** A new private key, as a JWK. */
export async function newKey(alg, kid = randomBytes(8).toString('hex')) {
  const { privateKey } = await promisify(generateKeyPair)(...KINDS[alg])
  return { ...privateKey.export({ format: 'jwk' }), alg, kid, use: 'sig' }
}

export const publicPart = ({ d, p, q, dp, dq, qi, ...open }) => open

/** A provider that is good for as long as nobody changes its keys: oidc-provider reads them once. */
function oidcProvider(url, keys, people) {
  const jwt = { sign: { alg: keys[0].alg, kid: keys[0].kid } }
  const person = (id) => people.get(id) ?? { name: `Member ${id}` }
  return new Provider(url, {
    jwks: { keys },
    clients: CLIENTS.map((client) => ({ ...client, id_token_signed_response_alg: keys[0].alg })),
    cookies: { keys: [randomBytes(16).toString('hex')] },
    scopes: ['openid'],
    ttl: { AccessToken: 300, ClientCredentials: 300, Grant: 300, IdToken: 300, Interaction: 300, Session: 300 },
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, audience) => (
          { audience, scope: `coaching ${SCOPES}`, accessTokenFormat: 'jwt', jwt }),
      },
    },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...person(id) }) }),
    extraTokenClaims: (_, token) => token.accountId && person(token.accountId),
  })
}

/** Starts a provider with these keys; `path` begins all of its addresses. `people` says more than a made-up name. */
export async function startProvider({ keys, path = '', people = new Map() }) {
  const one = new IdentityProvider(path, people)
  await new Promise((resolve) => one.server.listen(0, '127.0.0.1', resolve))
  one.url = `http://127.0.0.1:${one.server.address().port}${path}`
  one.publish(...keys)
  return one
}

class IdentityProvider {
  /** Is handed what the service asks for of keys, and says whether it has dealt with that. */
  fault = () => false
  #hidden = new Map()
  fetches = []

  constructor(path, people) {
    this.people = people
    const prefix = path.replace(/\/$/, '')
    this.server = createServer((request, answer) => {
      request.originalUrl = request.url
      request.url = request.url.slice(prefix.length) // as who mounts it at a path does
      const what = /^\/(jwks|\.well-known\/openid-configuration)$/.exec(request.url)?.[1]
      const asks = what && request.headers['user-agent']?.startsWith('peer-coaching/')
      if (asks) this.fetches.push({ what, at: performance.now() })
      if (!asks || !this.fault(what, answer)) this.callback(request, answer)
    })
  }

  /** Publishes these keys from now on; the first one signs. */
  publish(...keys) {
    this.keys = keys
    this.provider = oidcProvider(this.url, keys, this.people)
    this.callback = this.provider.callback()
  }

  /** An access token as the provider issues it to a person, without the walk; `key` need not be published. */
  async mint(subject, { key = this.keys[0], lives = 300, audience = AUDIENCE } = {}) {
    const provider = this.keys.includes(key) ? this.provider : this.#with(key)
    const token = new provider.AccessToken({
      accountId: subject,
      client: await provider.Client.find('front-end'),
      resourceServer: { audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: key.alg, kid: key.kid } } },
      scope: 'coaching',
      expiresIn: lives,
    })
    return token.save()
  }

  /** The same provider with a key that it has not published. */
  #with(key) {
    if (!this.#hidden.has(key)) this.#hidden.set(key, oidcProvider(this.url, [key], this.people))
    return this.#hidden.get(key)
  }

  /** How often the service has asked for keys since then, and the shortest time between two: two requests each time. */
  visits(since = 0) {
    const times = ['jwks', '.well-known/openid-configuration'].map((kind) =>
      this.fetches.filter(({ what, at }) => what === kind && at >= since).map(({ at }) => at))
    const between = times.flatMap((ats) => ats.slice(1).map((at, place) => at - ats[place]))
    return { count: Math.max(...times.map(({ length }) => length)), closest: Math.min(...between) }
  }

  stop() {
    this.server.closeAllConnections()
    return new Promise((resolve) => this.server.close(resolve))
  }
}

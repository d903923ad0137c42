// How people and programs come by tokens: over HTTP, as a browser and a client would.
import { createHash, randomBytes } from 'node:crypto'
import { AUDIENCE, CALLBACK } from './provider.mjs'
import { expect, fail } from './say.mjs'

const random = () => randomBytes(32).toString('base64url')

/** Cookies by name and path, as far as a provider on one host needs them. */
class Jar {
  #kept = new Map()

  take(answer) {
    for (const line of answer.headers.getSetCookie()) {
      const [pair, ...rest] = line.split('; ')
      const { path = '/', expires } = Object.fromEntries(rest.map((one) => one.split('=')))
      const name = `${pair.slice(0, pair.indexOf('='))} ${path}`
      if (Date.parse(expires) <= Date.now()) this.#kept.delete(name)
      else this.#kept.set(name, { pair, path })
    }
  }

  for(url) {
    const fits = ({ path }) => url.pathname === path || url.pathname.startsWith(path.replace(/\/?$/, '/'))
    return [...this.#kept.values()].filter(fits).map(({ pair }) => pair).join('; ')
  }
}

/** The one form of a page, with what is hidden in it and what somebody fills in. */
function filledIn(html, login) {
  const form = /<form[^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/.exec(html)
  if (!form) fail('a page of the provider', 'a form', html.slice(0, 300))
  const body = new URLSearchParams()
  for (const [input] of form[2].matchAll(/<input[^>]*>/g)) {
    const [name, value] = ['name', 'value'].map((one) => new RegExp(`${one}="([^"]*)"`).exec(input)?.[1])
    body.set(name, value ?? (name === 'login' ? login : 'a password'))
  }
  return { action: form[1], body }
}

/** Signs a person in with an authorization code and PKCE: login and consent are forms, as in a browser. */
export async function signIn(provider, login, { client = 'front-end', resource = AUDIENCE } = {}) {
  const { authorization_endpoint: authorize, token_endpoint } = await discovered(provider)
  const [verifier, state, nonce, jar] = [random(), random(), random(), new Jar()]
  let url = new URL(authorize)
  url.search = new URLSearchParams({
    client_id: client, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid coaching', resource, state, nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
  })
  let [init, forms] = [{}, 0]
  for (let steps = 0; !url.href.startsWith(CALLBACK); steps += 1) {
    if (steps > 12) fail('the walk through the forms', CALLBACK, url.href)
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: { cookie: jar.for(url) } })
    jar.take(answer)
    const text = await answer.text()
    const next = answer.headers.get('location')
    if (next) {
      [url, init] = [new URL(next, url), {}]
    } else {
      expect(`${url.pathname} of the provider (${text.slice(0, 300)})`, 200, answer.status)
      const { action, body } = filledIn(text, login)
      ;[url, init, forms] = [new URL(action, url), { method: 'POST', body }, forms + 1]
    }
  }
  const back = Object.fromEntries(url.searchParams)
  expect('state and issuer of the answer', [state, provider.url], [back.state, back.iss])
  const tokens = await tokensFor(token_endpoint, {
    grant_type: 'authorization_code', client_id: client, code: back.code, redirect_uri: CALLBACK, resource,
    code_verifier: verifier,
  })
  expect('nonce of the ID token', nonce, read(tokens.id_token).claims.nonce)
  return { ...tokens, forms }
}

/** A token of a program on its own behalf, for these scopes. */
export async function clientCredentials(provider, scope) {
  const { token_endpoint } = await discovered(provider)
  const authorization = `Basic ${Buffer.from('directory-sync:a-secret-of-the-program').toString('base64')}`
  const body = { grant_type: 'client_credentials', resource: AUDIENCE, scope }
  return (await tokensFor(token_endpoint, body, { authorization })).access_token
}

async function discovered(provider) {
  const answer = await fetch(`${provider.url.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const document = await answer.json()
  expect('issuer of the discovery document', provider.url, document.issuer)
  return document
}

async function tokensFor(endpoint, body, headers = {}) {
  const answer = await fetch(endpoint, { method: 'POST', headers, body: new URLSearchParams(body) })
  const tokens = await answer.json()
  expect(`the token endpoint (${JSON.stringify(tokens)})`, 200, answer.status)
  return tokens
}

const decoded = (part) => JSON.parse(Buffer.from(part, 'base64url'))
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** What a token says. */
export function read(token) {
  const [header, claims] = token.split('.', 2).map(decoded)
  return { header, claims }
}

/** The same token with other words, and its old signature unless there is another. */
export function forged(token, { header = {}, claims = {}, signature = token.split('.')[2] }) {
  const said = read(token)
  return [encoded({ ...said.header, ...header }), encoded({ ...said.claims, ...claims }), signature].join('.')
}

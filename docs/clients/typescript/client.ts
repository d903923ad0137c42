// A client for one caller: what is asked and answered is typed, a refusal is thrown as the problem that it is.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

export type Problem = components["schemas"]["Problem"];

/** A refusal (RFC 9457). Branch on `problem.code`, show `problem.detail`. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`);
  }
}

/** What was answered, and its version: send it back as `If-Match` to change what you have read. */
export interface Answer<T> {
  data: T;
  etag: string;
  response: Response;
}

export type Client = ReturnType<typeof client>;

export function client(baseUrl: string, token: string) {
  return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
}

export async function told<T>(
  asked: Promise<{ data?: T; error?: Problem; response: Response }>,
): Promise<Answer<NonNullable<T>>> {
  const { data, error, response } = await asked;
  if (error !== undefined) throw new Refused(error);
  return { data: data as NonNullable<T>, etag: response.headers.get("ETag") ?? "", response };
}

/** The code of the refusal that must come. */
export async function refused(asked: Promise<{ data?: unknown; error?: Problem; response: Response }>): Promise<string> {
  const { error } = await asked;
  if (error === undefined) throw new Error("this should have been refused");
  return error.code;
}

/** A PATCH is a JSON merge patch (RFC 7396). */
export const MERGE = { "Content-Type": "application/merge-patch+json" };

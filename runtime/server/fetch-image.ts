import { type LookupAddress, lookup as resolveName } from "node:dns";
import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { RequestError } from "./problem.js";

export interface FetchRules {
  /** Hosts that may be asked: "example.org", "*.example.org" for all below it, or with a port, "example.org:8443". */
  hosts: readonly string[];
  maxBytes: number;
  /** Milliseconds for everything, redirects included. */
  time: number;
  /** Whether an address may be connected to; public ones by default. */
  allowAddress?: (address: string) => boolean;
  /** What resolves names; the system's by default. */
  resolve?: typeof resolveName;
}

const REDIRECTS = 3;
const REDIRECT_STATUS = new Set([301, 302, 303, 307, 308]);

/** Whether an address is one of the public internet: not private, loopback, link-local, metadata, multicast or reserved. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // IPv4 within IPv6 is judged as IPv4; what tunnels or translates to other networks is no unicast range.
  return ipaddr.process(address).range() === "unicast";
}

/**
 * Fetches images from hosts that are allowed. The address that a name resolves to is checked within the connection's own
 * lookup, so that the one checked is the one connected to, whatever the name resolves to a moment later; redirects are
 * followed by hand, each under the same rules.
 */
export class ImageFetcher {
  readonly #rules: FetchRules;

  constructor(rules: FetchRules) {
    this.#rules = rules;
  }

  /** @throws RequestError URL_REFUSED, REQUEST_TOO_LARGE; the signal's reason */
  async fetch(address: string, signal: AbortSignal): Promise<Buffer> {
    const { hosts, time } = this.#rules;
    if (hosts.length === 0) throw refused("this server fetches no images; send the image itself");
    const limit = AbortSignal.any([signal, AbortSignal.timeout(time)]);
    let url = this.#check(address);
    try {
      for (let left = REDIRECTS; ; left--) {
        const answer = await this.#get(url, limit);
        if (Buffer.isBuffer(answer)) return answer;
        if (left === 0) throw refused("it redirects too often");
        url = this.#check(answer.redirect, url);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RequestError) throw error;
      throw refused(limit.aborted ? `it was not there within ${time / 1000} s` : "it cannot be reached");
    }
  }

  #check(address: string, base?: URL): URL {
    let url: URL;
    try {
      url = new URL(address, base);
    } catch {
      throw refused("it is not a URL");
    }
    if (url.protocol !== "https:" && url.protocol !== "http:") throw refused("only http and https are fetched");
    if (url.username || url.password) throw refused("it holds a user name or password");
    if (!this.#rules.hosts.some((host) => matches(host, url))) throw refused(`the host ${url.host} is not allowed`);
    // Addresses in digits never reach a lookup.
    const literal = url.hostname.replace(/^\[|\]$/g, "");
    if (ipaddr.isValid(literal) && !this.#allowed(literal)) throw refused("its address is not a public one");
    return url;
  }

  #allowed(address: string): boolean {
    return (this.#rules.allowAddress ?? isPublicAddress)(address);
  }

  #get(url: URL, signal: AbortSignal): Promise<Buffer | { redirect: string }> {
    const { maxBytes, resolve: resolveHost = resolveName } = this.#rules;
    const lookup: LookupFunction = (hostname, options, done) => {
      resolveHost(hostname, { all: true }, (error, addresses: LookupAddress[]) => {
        if (error) return done(error, "", 0);
        if (addresses.length === 0 || !addresses.every(({ address }) => this.#allowed(address))) {
          return done(refused("its address is not a public one"), "", 0);
        }
        const [first] = addresses;
        if (options.all) done(null, addresses);
        else done(null, first?.address ?? "", first?.family);
      });
    };
    return new Promise((resolve, reject) => {
      const headers = { accept: "image/jpeg, image/png, image/webp, image/avif, image/gif", "user-agent": "showtell" };
      // No agent: a connection is not kept for a later request whose rules may differ.
      const client = url.protocol === "https:" ? https : http;
      const request = client.get(url, { lookup, signal, headers, agent: false }, (response) => {
        const { statusCode = 0, headers } = response;
        if (REDIRECT_STATUS.has(statusCode) && headers.location) {
          response.destroy();
          return resolve({ redirect: headers.location });
        }
        const stop = (error: Error) => {
          response.destroy();
          reject(error);
        };
        if (statusCode !== 200) return stop(refused(`its server answers ${statusCode}`));
        const tooLarge = () => new RequestError("REQUEST_TOO_LARGE", `The image is over ${maxBytes} bytes.`);
        if (Number(headers["content-length"]) > maxBytes) return stop(tooLarge());
        const parts: Buffer[] = [];
        let size = 0;
        response.on("data", (part: Buffer) => {
          size += part.length;
          if (size > maxBytes) stop(tooLarge());
          else parts.push(part);
        });
        response.on("end", () => (response.complete ? resolve(Buffer.concat(parts)) : reject(new Error("broken off"))));
        response.on("error", reject);
      });
      request.on("error", reject);
    });
  }
}

function matches(rule: string, { host, hostname }: URL): boolean {
  if (rule.startsWith("*.")) return hostname.endsWith(rule.slice(1).toLowerCase()) && !/:/.test(host);
  return rule.toLowerCase() === host;
}

function refused(why: string): RequestError {
  return new RequestError("URL_REFUSED", `The image cannot be fetched: ${why}.`);
}

import { STATUS_CODES } from 'node:http';
import { ClusterError } from '../errors.ts';

/** A request that the API server refused, or that never reached it. `status` is the HTTP status, where there was one. */
export class ApiError extends ClusterError {
  readonly status: number | undefined;

  constructor(complaint: ConstructorParameters<typeof ClusterError>[0], status?: number) {
    super(complaint);
    this.status = status;
  }
}

/** What was asked, of which server: enough to say what to do about a failure. */
type Attempt = { subject: string; server: string };

/**
 * Turns whatever a client threw into an error of ours that holds words only. Never the thrown thing itself, not even
 * as `cause`: API exceptions carry headers, and the error event of a refused WebSocket carries the private key.
 */
export const toApiError = (thrown: unknown, attempt: Attempt): ApiError => {
  if (thrown instanceof ApiError) return thrown;
  const { code, body, message } = readThrown(thrown);
  if (typeof code === 'number') return describeStatus(code, readBody(body), attempt);
  const upgrade = /unexpected server response: (\d{3})/i.exec(message);
  if (upgrade) return describeStatus(Number(upgrade[1]), 'the stream was not opened', attempt);
  return describeConnection(causeCode(thrown), message, attempt);
};

export const isMissing = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

/** What `catch` does where an object may not be there: gives undefined then. @throws any other error */
export const ignoreMissing = (error: unknown): undefined => {
  if (!isMissing(error)) throw error;
  return undefined;
};

const describeStatus = (status: number, words: string, { subject, server }: Attempt): ApiError => {
  const name = STATUS_CODES[status] ?? '';
  const got = `HTTP ${status} ${name}${words === '' || words === name ? '' : `: ${words}`}`;
  if (status === 401) {
    const next = 'renew the credentials of this context, or choose another one with `--context`';
    return new ApiError({ subject, wanted: `${server} to know who we are`, got, next }, status);
  }
  if (status === 403) {
    const next = 'give this user that permission; manifests/run/rbac.yaml holds all that a run needs';
    return new ApiError({ subject, wanted: 'the permission to do this', got, next }, status);
  }
  return new ApiError({ subject, got }, status);
};

const describeConnection = (code: string, message: string, { subject, server }: Attempt): ApiError => {
  const next = advice[code] ?? '`kubectl cluster-info` asks the same server; does it answer?';
  const got = code === '' || message.includes(code) ? message : `${code}: ${message}`;
  return new ApiError({
    subject,
    wanted: `an answer from ${server}`,
    got: shorten(got),
    next,
  });
};

const silent = 'the server is silent; check the way to it (VPN, firewall, proxy)';
const noWay = 'there is no way to the server; check the network (VPN, firewall)';
const untrusted = 'the kubeconfig does not trust the certificate of this server; is it of another cluster?';

const advice: Record<string, string> = {
  ECONNREFUSED: 'is the cluster running? `kubectl cluster-info` asks the same server',
  ENOTFOUND: 'the name of the server is not known here; check `server` in the kubeconfig',
  EAI_AGAIN: 'the name of the server cannot be looked up now; check `server` in the kubeconfig and the DNS',
  ETIMEDOUT: silent,
  EHOSTUNREACH: noWay,
  ENETUNREACH: noWay,
  UND_ERR_CONNECT_TIMEOUT: silent,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_HAS_EXPIRED: 'the certificate of the server has expired',
};

const readThrown = (thrown: unknown): { code: unknown; body: unknown; message: string } => {
  if (typeof thrown !== 'object' || thrown === null)
    return { code: undefined, body: undefined, message: 'unknown' };
  const { code, statusCode, body, message } = thrown as Record<string, unknown>;
  return {
    code: typeof code === 'number' ? code : statusCode,
    body,
    message: typeof message === 'string' ? message : 'unknown',
  };
};

// The body is the text of a v1 Status, or of a proxy's page.
const readBody = (body: unknown): string => {
  if (typeof body !== 'string') return '';
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === 'string') return shorten(message);
  } catch {
    // Not a Status: the beginning of it must do.
  }
  return shorten(body);
};

const causeCode = (thrown: unknown, depth = 0): string => {
  if (typeof thrown !== 'object' || thrown === null || depth > 4) return '';
  const { code, cause, error, errors } = thrown as Record<string, unknown>;
  if (typeof code === 'string' && code !== '') return code;
  const inner = Array.isArray(errors) ? errors[0] : (cause ?? error);
  return causeCode(inner, depth + 1);
};

/** At most 400 characters, on one line, without anything that could be a key or a token. */
export const shorten = (text: string): string => {
  const clean = text
    .replace(/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, '[redacted]')
    .replace(/[\w+/=.-]{100,}/g, '[redacted]')
    .replace(/\s+/g, ' ')
    .trim();
  return clean.length > 400 ? `${clean.slice(0, 400)}...` : clean;
};

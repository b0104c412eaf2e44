// Runs the audits of GraphQL over HTTP against a server, and prints them as JSON.
//   node http_audits.mjs URL [AUTHORIZATION]

import { serverAudits } from "graphql-http";

const [url, authorization] = process.argv.slice(2);

async function fetchFn(input, init = {}) {
  const headers = new Headers(init.headers);
  if (authorization) headers.set("authorization", authorization);
  return fetch(input, { ...init, headers });
}

const found = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const { status, reason } = await audit.fn();
  found.push({ id: audit.id, name: audit.name, status, reason });
}
console.log(JSON.stringify(found));

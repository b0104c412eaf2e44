// Starts GraphiQL, in which one asks as who is signed in; subscriptions come over a socket.
"use strict";

const endpoint = new URL("/graphql", location.href);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";

const fetcher = GraphiQL.createFetcher({ url: endpoint.href, subscriptionUrl: socket.href });
const element = React.createElement(GraphiQL, { fetcher, defaultQuery: "{\n  viewer {\n    name\n    permissions\n  }\n}\n" });
ReactDOM.createRoot(document.getElementById("graphiql")).render(element);

import "./fonts.css";
import "./tokens.css";
import "./base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { session } from "./state.svelte";

session.beginAtOnce();

const target = document.getElementById("app");
if (target) mount(App, { target });

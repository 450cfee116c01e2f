import "../app/fonts.css";
import "../app/tokens.css";
import "../app/base.css";
import { mount } from "svelte";
import Ask from "./Ask.svelte";

const target = document.getElementById("ask");
if (target) mount(Ask, { target });

export { default } from 'gonogo:plugin/log@0.1.0';

export { default } from 'gonogo:plugin/dataset@0.1.0';
